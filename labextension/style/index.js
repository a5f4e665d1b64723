import './base.css';
import './reviews.css';
import './packages.css';
