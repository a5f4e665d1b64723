import './base.css';
import './reviews.css';
